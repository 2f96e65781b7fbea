//! temporary
#![allow(unsafe_code)]
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};
#[derive(Debug)]
pub(crate) struct Map {
    fd: std::os::fd::OwnedFd,
    at: usize,
    len: usize,
}
unsafe impl Send for Map {}
unsafe impl Sync for Map {}
impl Map {
    pub(crate) fn new(len: usize) -> std::io::Result<Map> {
        let fd = rustix::fs::memfd_create("karmem", rustix::fs::MemfdFlags::CLOEXEC)?;
        rustix::fs::ftruncate(&fd, len as u64)?;
        let at = unsafe {
            mmap(
                std::ptr::null_mut(),
                len,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                &fd,
                0,
            )?
        } as usize;
        Ok(Map { fd, at, len })
    }
    pub(crate) fn len(&self) -> usize {
        self.len
    }
    pub(crate) fn bytes(&self) -> &[u8] {
        unsafe { std::slice::from_raw_parts(self.at as *const u8, self.len) }
    }
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn bytes_mut(&self) -> &mut [u8] {
        unsafe { std::slice::from_raw_parts_mut(self.at as *mut u8, self.len) }
    }
    pub(crate) fn over(&self, base: *mut u8, at: usize, write: bool) -> std::io::Result<()> {
        let kind = if write {
            MapFlags::SHARED
        } else {
            MapFlags::PRIVATE
        };
        unsafe {
            mmap(
                base.add(at).cast(),
                self.len,
                ProtFlags::READ | ProtFlags::WRITE,
                kind | MapFlags::FIXED,
                &self.fd,
                0,
            )?
        };
        Ok(())
    }
}
impl Drop for Map {
    fn drop(&mut self) {
        let _ = unsafe { munmap(self.at as *mut _, self.len) };
    }
}
pub(crate) fn zero(base: *mut u8, at: usize, len: usize) -> std::io::Result<()> {
    unsafe {
        mmap_anonymous(
            base.add(at).cast(),
            len,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE,
        )?
    };
    Ok(())
}
