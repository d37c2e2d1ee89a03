//! What compiler, jit and runtime of netc share: kernels, plans, exact math, random numbers.
