cdef class Limits:
    cdef readonly dict values
    cdef readonly long long version
    cdef readonly str currency
    cdef readonly str who
    cdef readonly str reason
    cdef readonly long long expires
    cdef readonly Limits under
    cdef readonly long long since
    cpdef object get(self, str name)
