"""The card's way from the shopper to the vault, without the shop ever seeing it."""
