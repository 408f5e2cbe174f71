cdef list _NEXT
cdef int _KINDS, _STAGES

cpdef int stage_after(int kind, int stage) except -1
