"""A week of the product's life, and what follows from it, with real processes and a clock that is put forward."""
