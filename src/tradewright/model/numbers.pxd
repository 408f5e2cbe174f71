cpdef object multiply_checked(object a, object b)
cpdef object round_nearest(object count, object step)
