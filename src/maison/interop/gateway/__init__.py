"""The gateway: the process that listens where HTTP does not reach, and sends what leaves by those ways.

A *listener* is a coroutine that lives as long as the process; each is off unless its setting opens it. Database work
runs in two threads, so that no listener ever waits for another one's disk.
"""
