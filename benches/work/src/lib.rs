//! The module that works.
#![forbid(unsafe_code)]

use karmem_benches::export_work;
use karmem_benches::system::{Work, Worker};

karmem::guest!();

export_work!(Worker);
