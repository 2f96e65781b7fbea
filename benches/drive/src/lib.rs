//! The module that has the work done, in loops, so that the call which starts one does not count.
#![forbid(unsafe_code)]

use karmem::Shared;
use karmem_benches::export_drive;
use karmem_benches::system::{Body, Drive, Payload, WorkImport};

karmem::guest!();

#[derive(Default)]
struct Driver;

impl Drive for Driver {
    fn adds(&mut self, times: u32) -> i64 {
        (0..times).fold(0, |sum, _| {
            WorkImport.add(sum, 1).expect("numbers always arrive")
        })
    }

    fn looks(&mut self, times: u32, payload: Shared<Payload>) -> i64 {
        (0..times).fold(0, |sum, _| {
            sum + WorkImport
                .look(payload)
                .expect("a place in a region is a number")
        })
    }

    fn steps(&mut self, times: u32, body: &Body) -> Body {
        (0..times).fold(*body, |body, _| {
            WorkImport
                .step(&body)
                .expect("there is room for a small message")
        })
    }
}

export_drive!(Driver);
