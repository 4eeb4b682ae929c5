"""What the next release brings, as far as the database is concerned: for the test of a deployment."""
