cdef list _REFUSALS

cpdef str refusal(int type, int time_in_force, int flags)
