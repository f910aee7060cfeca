"""Where a key may travel unencrypted: on this machine, or to a neighbour in a compose network.

Pure. Decides by what the URL says and looks up no name.
"""

import re
from ipaddress import IPv6Address, ip_address

# A name without a dot is found on this network only: a compose service, a host of the LAN.
_PLAIN_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?", re.ASCII)
# 2130706433 and 0x7f000001 have no dot either, and are addresses that may lie anywhere.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


def may_carry_a_key(host: str) -> bool:
    """Whether plain HTTP to the host (lower case, IPv6 without brackets) leaves no trusted net."""
    try:
        address = ip_address(host)
    except ValueError:
        return bool(_PLAIN_NAME.fullmatch(host)) and not _NUMBER.fullmatch(host)
    if isinstance(address, IPv6Address) and address.scope_id:
        return False
    return address.is_loopback
