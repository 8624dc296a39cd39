//! Fuzzes `properties/idp_answer.rs`.
#![no_main]

#[path = "../properties/idp_answer.rs"]
mod idp_answer;

libfuzzer_sys::fuzz_target!(|data: &[u8]| idp_answer::holds(data));
