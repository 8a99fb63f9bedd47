//! Pages of made-up histories.
