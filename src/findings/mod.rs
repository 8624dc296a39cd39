//! Findings of `check` and `audit`: their severity, code, text and remedy, and which errors have which code.

mod area;
mod cause;
mod code;
mod finding;

pub use area::Area;
pub use cause::HasCode;
pub use code::{Code, UnknownCode};
pub use finding::{exit_status, Finding, Severity};
