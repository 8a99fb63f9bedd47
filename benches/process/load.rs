//! A machine that has other things to do: every processor is kept busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Keeps every processor busy until it is dropped.
pub(crate) struct Load {
    is_over: Arc<AtomicBool>,
    workers: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) fn begin() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let count = thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let work = || {
            let is_over = Arc::clone(&is_over);
            thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        };
        let workers = (0..count).map(|_| work()).collect();
        Self { is_over, workers }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        for worker in self.workers.drain(..) {
            let _it_only_counts = worker.join();
        }
    }
}
