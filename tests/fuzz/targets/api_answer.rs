//! Fuzzes `properties/api_answer.rs`.
#![no_main]

#[path = "../properties/api_answer.rs"]
mod api_answer;

libfuzzer_sys::fuzz_target!(|data: &[u8]| api_answer::holds(data));
