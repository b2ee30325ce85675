"""HTTP in, on trio: limits, deadlines, TLS, peers. Knows no routes, no hooks and no log.

Bytes go in at the top and the same way out:

    serve         accepts on every socket, sweeps what is late, stops with grace
    connection    one connection's life: read, answer, read on
    parse         segments → whole requests, or the refusal of what is not one (no sockets)
    answer        a reply → bytes (no sockets)
    crowd         who is connected, in which phase, until when; who has to go
    wire          bytes on a plain socket or through TLS
    address       the text of an address → sockets that listen; who is at the other end
    limits        how much, how long, how many; each with its reason
"""
