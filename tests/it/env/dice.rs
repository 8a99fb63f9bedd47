//! Chance that repeats itself.

/// Small numbers that look random and are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// A place below `len`.
    pub(crate) fn pick(&mut self, len: usize) -> usize {
        let place = self.roll(u64::try_from(len).expect("a small number"));
        usize::try_from(place).expect("a small number")
    }
}
