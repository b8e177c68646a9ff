// Preloaded into a program (LD_PRELOAD, Linux), makes one of its system calls on the files of a folder fail.
//
//   DNC_FAULT_FOLDER  the folder, relative to the working directory; calls on other files pass, uncounted
//   DNC_FAULT_CALL    which call, counted from 1
//   DNC_FAULT         ENOSPC, EIO or EINTR; "short": a write takes half of its bytes; "exit": half of a write is done and the
//                     process is gone
//   DNC_FAULT_RECORD  a file that gets a line for every call: its name, r or w as the file was opened, and the file
//
// The calls themselves are made by number, past the C library, so that none is seen twice.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { MAX_DESCRIPTORS = 1024, EXIT_STATUS = 99 };

static char folder[2 * PATH_MAX];
static long failing_call;
static enum { NO_FAULT, FAIL, SHORT, EXIT } fault;
static int fault_code;
static int record = -1;
static atomic_long call_count;

// Of the descriptors that are open on the folder's files; an empty name for the folder itself.
static struct {
    bool is_watched, is_written;
    char name[NAME_MAX + 1];
} files[MAX_DESCRIPTORS];

// Joins a folder and a path without repeated slashes.
static void join(char *result, size_t size, const char *start, const char *path) {
    size_t length = 0;
    const char *parts[] = {*path == '/' ? "" : start, "/", path};
    for (int part = 0; part < 3; part++)
        for (const char *c = parts[part]; *c != 0 && length + 1 < size; c++)
            if (*c != '/' || length == 0 || result[length - 1] != '/')
                result[length++] = *c;
    if (length > 1 && result[length - 1] == '/')
        length--;
    result[length] = 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("DNC_FAULT_FOLDER"), *call = getenv("DNC_FAULT_CALL"), *kind = getenv("DNC_FAULT");
    const char *file = getenv("DNC_FAULT_RECORD");
    char current[PATH_MAX];
    if (name == NULL || getcwd(current, sizeof current) == NULL)
        return;
    join(folder, sizeof folder, current, name);
    if (file != NULL)
        record = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (call == NULL || kind == NULL)
        return;
    failing_call = atol(call);
    fault = strcmp(kind, "short") == 0 ? SHORT : strcmp(kind, "exit") == 0 ? EXIT : FAIL;
    fault_code = strcmp(kind, "ENOSPC") == 0 ? ENOSPC : strcmp(kind, "EIO") == 0 ? EIO : EINTR;
}

// The path's name within the folder, or NULL where it is elsewhere.
static const char *name_in_folder(int directory, const char *path, char *buffer, size_t size) {
    char start[PATH_MAX] = "";
    if (*folder == 0)
        return NULL;
    if (*path != '/') {
        char link[64] = "/proc/self/cwd";
        if (directory != AT_FDCWD)
            snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        ssize_t length = readlink(link, start, sizeof start - 1);
        start[length < 0 ? 0 : length] = 0;
    }
    join(buffer, size, start, path);
    size_t length = strlen(folder);
    if (strncmp(buffer, folder, length) != 0 || (buffer[length] != '/' && buffer[length] != 0))
        return NULL;
    return buffer + length + (buffer[length] == '/');
}

static bool is_watched(int file) {
    return file >= 0 && file < MAX_DESCRIPTORS && files[file].is_watched;
}

// Counts a call; returns the fault that it is to meet.
static int next_call(const char *call, bool is_written, const char *name) {
    char line[NAME_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %c %s\n", call, is_written ? 'w' : 'r', *name == 0 ? "." : name);
    if (record >= 0)
        syscall(SYS_write, record, line, (size_t)length);
    int met = atomic_fetch_add(&call_count, 1) + 1 == failing_call ? (int)fault : NO_FAULT;
    if (met == FAIL)
        errno = fault_code;
    if (met == EXIT && strcmp(call, "write") != 0)
        syscall(SYS_exit_group, EXIT_STATUS);
    return met;
}

static int open_file(int directory, const char *path, int flags, mode_t mode) {
    char buffer[2 * PATH_MAX];
    const char *name = name_in_folder(directory, path, buffer, sizeof buffer);
    bool is_written = (flags & O_ACCMODE) != O_RDONLY;
    if (name != NULL && next_call("open", is_written, name) == FAIL)
        return -1;
    int file = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (name != NULL && file >= 0 && file < MAX_DESCRIPTORS) {
        files[file].is_written = is_written;
        snprintf(files[file].name, sizeof files[file].name, "%s", name);
        files[file].is_watched = true;
    }
    return file;
}

// Makes a write of so many bytes, or what the fault leaves of it.
static ssize_t write_file(int file, const void *bytes, size_t count, off_t offset, bool has_offset) {
    int met = is_watched(file) ? next_call("write", true, files[file].name) : NO_FAULT;
    if (met == FAIL)
        return -1;
    if (met == SHORT && count > 1)
        count /= 2;
    if (met == EXIT)
        count /= 2;
    ssize_t written =
        has_offset ? syscall(SYS_pwrite64, file, bytes, count, offset) : syscall(SYS_write, file, bytes, count);
    if (met == EXIT)
        syscall(SYS_exit_group, EXIT_STATUS);
    return written;
}

static int rename_file(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    char buffer[2 * PATH_MAX];
    const char *name = name_in_folder(to_directory, to, buffer, sizeof buffer);
    if (name != NULL && next_call("rename", true, name) == FAIL)
        return -1;
    return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
}

static int flush_file(long number, int file) {
    if (is_watched(file) && next_call("fsync", files[file].is_written, files[file].name) == FAIL)
        return -1;
    return (int)syscall(number, file);
}

// In place of the C library's.

#define OPTIONAL_MODE(flags, mode)                                                                                          \
    mode_t mode = 0;                                                                                                        \
    if (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE) {                                                       \
        va_list arguments;                                                                                                  \
        va_start(arguments, flags);                                                                                         \
        mode = va_arg(arguments, mode_t);                                                                                   \
        va_end(arguments);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    OPTIONAL_MODE(flags, mode)
    return open_file(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    OPTIONAL_MODE(flags, mode)
    return open_file(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    OPTIONAL_MODE(flags, mode)
    return open_file(directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
    OPTIONAL_MODE(flags, mode)
    return open_file(directory, path, flags, mode);
}

int creat(const char *path, mode_t mode) {
    return open_file(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

ssize_t write(int file, const void *bytes, size_t count) {
    return write_file(file, bytes, count, 0, false);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    return write_file(file, bytes, count, offset, true);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    return write_file(file, bytes, count, offset, true);
}

int fsync(int file) {
    return flush_file(SYS_fsync, file);
}

int fdatasync(int file) {
    return flush_file(SYS_fdatasync, file);
}

int rename(const char *from, const char *to) {
    return rename_file(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
    return rename_file(from_directory, from, to_directory, to, 0);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    return rename_file(from_directory, from, to_directory, to, flags);
}

// A descriptor is closed on Linux whatever close() says of it.
int close(int file) {
    int met = is_watched(file) ? next_call("close", files[file].is_written, files[file].name) : NO_FAULT;
    if (is_watched(file))
        files[file].is_watched = false;
    int result = (int)syscall(SYS_close, file);
    if (met != FAIL)
        return result;
    errno = fault_code;
    return -1;
}
