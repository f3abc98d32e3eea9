"""How the shop is used, counted without watching anyone; docs/traffic.md says what and how.

The front tells `Traffic` of each answer. What makes one visit of several views is known in memory
alone, for half an hour, by a digest under a key of the day; what is written down, each minute, is
numbers.
"""

from storefront.traffic.counting import Traffic
from storefront.traffic.seen import Seen
from storefront.traffic.shared import Shared
from storefront.traffic.together import SharedTraffic

__all__ = ["Seen", "Shared", "SharedTraffic", "Traffic"]
