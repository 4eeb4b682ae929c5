"""Measurements of the product at size; each is run by hand and says what it ran on."""
