cdef class Pattern:
    cdef public str label
    cpdef tuple inputs(self)

cpdef keep(list items, object item, Py_ssize_t bound=*)
