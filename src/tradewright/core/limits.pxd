cdef class Limits:
    cdef readonly dict values
    cpdef object get(self, str name)
