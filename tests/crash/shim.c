/* A disk that fails on demand, below one folder: preloaded into the process whose log is tried.
 *
 * Every write, truncation, sync, read or rename below FAULT_FOLDER is one operation. FAULT_CONTROL
 * is a file shared with the test: which kinds count, which operation is to fail, how often, and
 * what else happens then. What was written and not yet synced is remembered, so that it can be
 * taken back when a sync fails, or kept, dropped or garbled sector by sector when power is cut.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE = 2, SYNC = 4, READ = 8, NAME = 16 };
enum { ONCE = 0, FROM_NOW_ON = 1, CRASH = 2 };
enum { SECTOR = 512 };

struct control {
    int64_t armed, kinds, fail_at, mode, error, drops, count, fired, seed;
};

struct unsynced {
    struct unsynced *before;
    ino_t inode;
    int file;
    off_t at, size_before;
    size_t old_length, new_length;
    char *old_bytes, *new_bytes; /* of a truncation there are no new ones */
};

static struct control *control;
static char folder[4096];
static struct unsynced *newest;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_pread)(int, void *, size_t, off64_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);

__attribute__((constructor)) static void begin(void) {
    real_write = REAL(write);
    real_pwrite = REAL(pwrite64);
    real_read = REAL(read);
    real_pread = REAL(pread64);
    real_ftruncate = REAL(ftruncate64);
    real_fsync = REAL(fsync);
    real_fdatasync = REAL(fdatasync);
    real_rename = REAL(rename);
    const char *place = getenv("FAULT_FOLDER"), *path = getenv("FAULT_CONTROL");
    if (!place || !path) return;
    snprintf(folder, sizeof folder, "%s/", place);
    int file = open(path, O_RDWR);
    if (file < 0) abort();
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (control == MAP_FAILED) abort();
    close(file);
}

static int is_ours(int file) {
    char link[64], path[4096];
    if (!control || !control->armed) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > 0 && !strncmp(path, folder, strlen(folder));
}

static void undo(struct unsynced *one) {
    if (one->old_length) real_pwrite(one->file, one->old_bytes, one->old_length, one->at);
    real_ftruncate(one->file, one->size_before);
}

static void redo(struct unsynced *one) {
    struct stat status;
    if (!one->new_bytes) {
        if (random() % 2) real_ftruncate(one->file, one->at);
        return;
    }
    for (size_t done = 0, length; done < one->new_length; done += length) {
        length = SECTOR - (one->at + done) % SECTOR;
        if (length > one->new_length - done) length = one->new_length - done;
        int fate = random() % 3;
        if (fate == 1) { /* dropped: but the file may be as long all the same */
            off_t end = one->at + done + length;
            if (!fstat(one->file, &status) && status.st_size < end && random() % 2)
                real_ftruncate(one->file, end);
            continue;
        }
        if (fate == 2)
            for (size_t i = 0; i < length; i++) one->new_bytes[done + i] = random();
        real_pwrite(one->file, one->new_bytes + done, length, one->at + done);
    }
}

static void cut_power(void) {
    struct unsynced *oldest = NULL;
    srandom(control->seed);
    for (struct unsynced *one = newest, *next; one; one = next) {
        undo(one);
        next = one->before;
        one->before = oldest; /* from here on `before` is the one that came after */
        oldest = one;
    }
    for (struct unsynced *one = oldest; one; one = one->before) redo(one);
    _exit(99);
}

static void forget(ino_t inode, int is_undone) {
    for (struct unsynced **place = &newest, *one; (one = *place);) {
        if (one->inode != inode) {
            place = &one->before;
            continue;
        }
        if (is_undone) undo(one);
        *place = one->before;
        free(one->old_bytes);
        free(one->new_bytes);
        free(one);
    }
}

static void remember(int file, off_t at, const void *bytes, size_t length) {
    struct stat status;
    if (!control->drops || fstat(file, &status) || !S_ISREG(status.st_mode)) return;
    struct unsynced *one = calloc(1, sizeof *one);
    one->inode = status.st_ino;
    one->file = -1;
    for (struct unsynced *other = newest; other && one->file < 0; other = other->before)
        if (other->inode == one->inode) one->file = other->file;
    if (one->file < 0) { /* never closed: that would free the locks on the file */
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        one->file = open(link, O_RDWR | O_CLOEXEC);
        if (one->file < 0) abort();
    }
    one->at = at;
    one->size_before = status.st_size;
    if (at < status.st_size) {
        size_t there = status.st_size - at;
        one->old_length = bytes && length < there ? length : there;
        one->old_bytes = malloc(one->old_length);
        real_pread(one->file, one->old_bytes, one->old_length, at);
    }
    if (bytes) {
        one->new_length = length;
        one->new_bytes = malloc(length);
        memcpy(one->new_bytes, bytes, length);
    }
    one->before = newest;
    newest = one;
}

static int is_to_fail(int kind) {
    if (!(control->kinds & kind)) return 0;
    int64_t number = ++control->count;
    int due = control->mode == FROM_NOW_ON ? number >= control->fail_at
                                           : number == control->fail_at;
    if (!due || !control->fail_at) return 0;
    control->fired++;
    if (control->mode == CRASH) cut_power();
    errno = control->error;
    return 1;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
    if (is_ours(file)) {
        remember(file, at, bytes, length);
        if (is_to_fail(WRITE)) { /* half of it is there all the same */
            real_pwrite(file, bytes, length / 2, at);
            errno = control->error;
            return -1;
        }
    }
    return real_pwrite(file, bytes, length, at);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    return pwrite64(file, bytes, length, at);
}

ssize_t write(int file, const void *bytes, size_t length) {
    if (is_ours(file)) {
        remember(file, lseek(file, 0, SEEK_CUR), bytes, length);
        if (is_to_fail(WRITE)) return -1;
    }
    return real_write(file, bytes, length);
}

ssize_t pread64(int file, void *bytes, size_t length, off64_t at) {
    if (is_ours(file) && is_to_fail(READ)) return -1;
    return real_pread(file, bytes, length, at);
}

ssize_t pread(int file, void *bytes, size_t length, off_t at) {
    return pread64(file, bytes, length, at);
}

ssize_t read(int file, void *bytes, size_t length) {
    if (is_ours(file) && is_to_fail(READ)) return -1;
    return real_read(file, bytes, length);
}

int ftruncate64(int file, off64_t length) {
    if (is_ours(file)) {
        remember(file, length, NULL, 0);
        if (is_to_fail(TRUNCATE)) return -1;
    }
    return real_ftruncate(file, length);
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

static int synced(int file, int (*real)(int)) {
    struct stat status;
    if (!is_ours(file)) return real(file);
    if (fstat(file, &status)) return -1;
    if (is_to_fail(SYNC)) {
        int error = errno;
        forget(status.st_ino, control->drops);
        errno = error;
        return -1;
    }
    int failed = real(file);
    if (!failed) forget(status.st_ino, 0);
    return failed;
}

int fsync(int file) { return synced(file, real_fsync); }

int fdatasync(int file) { return synced(file, real_fdatasync); }

int rename(const char *from, const char *to) {
    if (control && control->armed && !strncmp(from, folder, strlen(folder)) && is_to_fail(NAME))
        return -1;
    return real_rename(from, to);
}
