//! One static program: it runs wherever its processor does, whatever libraries are there.

use std::fs;

use crate::env::PROGRAM;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn the_program_asks_for_no_loader_and_no_library() {
    /// The kind of a program header that names a loader.
    const INTERPRETER: u32 = 3;
    let elf = fs::read(PROGRAM).unwrap();
    assert_eq!(elf[..5], *b"\x7fELF\x02", "a 64-bit program");
    let number = |at: usize, size: usize| {
        elf[at..at + size]
            .iter()
            .rev()
            .fold(0usize, |number, byte| number << 8 | usize::from(*byte))
    };
    let (start, size, count) = (number(0x20, 8), number(0x36, 2), number(0x38, 2));
    let kinds: Vec<u32> = (0..count)
        .map(|index| u32::try_from(number(start + index * size, 4)).unwrap())
        .collect();
    assert!(!kinds.is_empty() && !kinds.contains(&INTERPRETER), "{kinds:?}");
}
