"""Addresses as Python writes them, ("192.0.2.1", 5000) or ("tcp:7", 0), and as the plane keeps them."""

from libc.string cimport memset

from .address cimport IPV4, IPV6, TCP, Address
from .linux cimport AF_INET, AF_INET6

cdef extern from "<arpa/inet.h>" nogil:
    int inet_pton(int family, const char *text, void *out) noexcept
    const char *inet_ntop(int family, const void *address, char *out, unsigned int size) noexcept


cdef inline int read_address(object address, Address *out) except -1:
    host, port = address
    memset(out, 0, sizeof(Address))
    if host.startswith("tcp:"):
        out.family = TCP
        out.port = int(host[4:])
        return 0
    out.port = port
    if ":" in host:
        host, _, scope = host.partition("%")
        out.scope = int(scope) if scope.isdigit() else 0
        out.family = IPV6
        if inet_pton(AF_INET6, host.encode(), out.ip) == 1:
            return 0
    else:
        out.family = IPV4
        if inet_pton(AF_INET, host.encode(), out.ip) == 1:
            return 0
    raise ValueError(f"{address[0]} is no IP address")


cdef inline object show_address(const Address *address):
    cdef char text[64]
    if address.family == TCP:
        return f"tcp:{address.port}", 0
    inet_ntop(AF_INET if address.family == IPV4 else AF_INET6, address.ip, text, 64)
    host = (<bytes>text).decode()
    return (f"{host}%{address.scope}" if address.scope else host), address.port
