"""A shop that people trust: the shop, its payment page, and what they share with the vault."""
