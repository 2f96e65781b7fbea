#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| karmem_fuzz::linking::run(input));
