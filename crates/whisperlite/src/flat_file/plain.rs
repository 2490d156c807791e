//! Values that stand in a file as they are.

/// A value of a fixed number of bytes.
pub trait Plain: Copy + Send + Sync {
    /// What stands in memory before anything is read; best one whose bytes are all 0, which the system gives for nothing.
    const ZERO: Self;
    /// How many bytes it takes in a file.
    const BYTES: usize;

    /// Writes it, little-endian.
    ///
    /// # Shapes
    /// `to`: `[BYTES]`
    fn put(self, to: &mut [u8]);

    /// Reads it.
    ///
    /// # Shapes
    /// `from`: `[BYTES]`
    fn get(from: &[u8]) -> Self;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Plain for $number {
            const ZERO: Self = 0 as Self;
            const BYTES: usize = size_of::<$number>();

            #[inline(always)]
            fn put(self, to: &mut [u8]) {
                to.copy_from_slice(&self.to_le_bytes());
            }

            #[inline(always)]
            fn get(from: &[u8]) -> Self {
                let mut bytes = [0; Self::BYTES];
                bytes.copy_from_slice(from);
                <$number>::from_le_bytes(bytes)
            }
        }
    )*};
}

numbers!(u8, u32, u64, i64, f32, f64, usize);

impl<const N: usize> Plain for [u8; N] {
    const ZERO: Self = [0; N];
    const BYTES: usize = N;

    #[inline(always)]
    fn put(self, to: &mut [u8]) {
        to.copy_from_slice(&self);
    }

    #[inline(always)]
    fn get(from: &[u8]) -> Self {
        let mut bytes = [0; N];
        bytes.copy_from_slice(from);
        bytes
    }
}

impl<A: Plain, B: Plain> Plain for (A, B) {
    const ZERO: Self = (A::ZERO, B::ZERO);
    const BYTES: usize = A::BYTES + B::BYTES;

    #[inline(always)]
    fn put(self, to: &mut [u8]) {
        self.0.put(&mut to[..A::BYTES]);
        self.1.put(&mut to[A::BYTES..]);
    }

    #[inline(always)]
    fn get(from: &[u8]) -> Self {
        (A::get(&from[..A::BYTES]), B::get(&from[A::BYTES..]))
    }
}

/// Writes values one after the other; `to` is `[values.len() · BYTES]`.
pub(super) fn put_all<T: Plain>(values: &[T], to: &mut [u8]) {
    values.iter().zip(to.chunks_exact_mut(T::BYTES)).for_each(|(value, to)| value.put(to));
}

/// Reads as many values as `to` takes; `from` is `[to.len() · BYTES]`.
pub(super) fn get_all<T: Plain>(from: &[u8], to: &mut [T]) {
    to.iter_mut().zip(from.chunks_exact(T::BYTES)).for_each(|(value, from)| *value = T::get(from));
}
