"""The vault keeps sealed cards off line; its desk opens them, charges them and reports back."""
