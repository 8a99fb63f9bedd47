//! Has the linker put together what hooks run (`packaging/layout.ld`), so that little of the program has to be read.
//!
//! Only where the linker is one that knows such scripts: the one that Rust takes by itself on Linux with glibc. Nothing
//! depends on it but speed.

#![expect(
    clippy::disallowed_methods,
    reason = "this is how cargo and a build script talk"
)]

use std::env;

const SCRIPT: &str = "packaging/layout.ld";

fn main() {
    println!("cargo::rerun-if-changed={SCRIPT}");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let is_linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let is_chosen = env::var_os("RUSTC_LINKER").is_some()
        || ["linker=", "fuse-ld"].iter().any(|choice| flags.contains(choice));
    if let Ok(top) = env::var("CARGO_MANIFEST_DIR")
        && is_linux
        && !is_chosen
        && is("PROFILE", "release")
    {
        println!("cargo::rustc-link-arg=-T");
        println!("cargo::rustc-link-arg={top}/{SCRIPT}");
    }
}
