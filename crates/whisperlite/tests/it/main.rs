//! Integration tests, in one binary because linking costs more than compiling here.

mod baselines;
mod real_data;
