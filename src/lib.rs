//! karmem
