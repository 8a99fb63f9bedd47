//! The floor below everything: a static program that does nothing.

fn main() {}
