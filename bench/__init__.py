"""Measures of the real programs; `python -m bench` lists them."""
