//! What may look at a whole table, or sort, and why.

/// Something that is not done otherwise.
pub(super) struct Exception {
    /// A part of the statement that no other has.
    pub(super) part: &'static str,
    /// Why it is right, or does not matter.
    #[expect(dead_code, reason = "for whoever reads the list")]
    pub(super) why: &'static str,
}

const fn excused(part: &'static str, why: &'static str) -> Exception {
    Exception { part, why }
}

/// Statements of commands that read all of a table that grows. Hooks have none.
pub(super) static SCANS: &[Exception] = &[];

/// Statements of hooks that sort: what they sort is little by nature.
pub(super) static SORTS_OF_HOOKS: &[Exception] = &[];
