"""How staff sign in: password and a second factor, on allauth's flows with rules of our own around them."""
