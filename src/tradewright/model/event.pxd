cdef class Event:
    cdef readonly int kind
    cdef readonly long long time
