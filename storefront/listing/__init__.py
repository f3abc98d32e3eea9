"""Lists of products: what an address asks for, and the page that answers it.

`lists` knows which lists the shop has and the way back to one, `page` answers an address with a
page of a list, `wanted` reads the address, `filters` draws what can be chosen, `order` sorts.
"""
