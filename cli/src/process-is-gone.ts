// Whether a process of this machine has ended: what it left behind may then be removed.

/** True only when no process has that id; one of another user's is there all the same. */
export function processIsGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
