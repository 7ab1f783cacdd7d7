/*
 * A power cut, simulated: of what a program wrote, only that is left for which it waited.
 *
 * As a library that is loaded before libc (LD_PRELOAD), it keeps beside the files below POWERCUT_ROOT a second copy of them in POWERCUT_COPY: of each file what it held at
 * its last fsync, of each folder the names that it had at its last fsync. That copy is what a power cut may leave when the disk has kept nothing that
 * it was not told to keep. What is there when the program starts counts as kept.
 *
 *   COPY/f.INODE        the content of a file at its last fsync
 *   COPY/d.INODE        the entries of a folder at its last fsync: "INODE f|d NAME" lines
 *
 * An inode is known by number and time of birth, because numbers are given again. Whatever is killed in the middle of a copy was not acknowledged.
 *
 * As a program (-DRESTORE), it makes after a kill what a power cut would have left:
 *
 *   powercut ROOT COPY TARGET NAMES CONTENTS SEED
 *
 * NAMES     kept: as of each folder's last fsync; live: those that there are (renames may reach the disk before what is renamed)
 * CONTENTS  kept: as of each file's last fsync; live: as they are; mixed: the one or the other, for each file at random
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NUMBER.BIRTH of what is open, or at a path below a folder. */
static int identify(int folder, const char *name, char *id, size_t size, mode_t *mode)
{
    struct statx s;
    if (statx(folder, name, name[0] ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH, STATX_INO | STATX_BTIME | STATX_MODE, &s)) return -1;
    snprintf(id, size, "%llu.%lld.%u", (unsigned long long)s.stx_ino, (long long)s.stx_btime.tv_sec, s.stx_btime.tv_nsec);
    *mode = s.stx_mode;
    return 0;
}

#ifdef RESTORE

static const char *root, *copy;
static int live_names, contents;
static struct { char id[128], path[4096]; } *files;
static size_t count;

static void list_live(const char *path)
{
    char below[4096];
    mode_t mode;
    DIR *entries = opendir(path);
    if (!entries) return;
    struct dirent *e;
    while ((e = readdir(entries))) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        files = realloc(files, (count + 1) * sizeof *files);
        if (identify(AT_FDCWD, below, files[count].id, sizeof files[count].id, &mode)) continue;
        strcpy(files[count++].path, below);
        if (S_ISDIR(mode)) list_live(below);
    }
    closedir(entries);
}

static const char *live(const char *id)
{
    for (size_t i = 0; i < count; i++) if (!strcmp(files[i].id, id)) return files[i].path;
    return NULL;
}

static void put_file(const char *id, const char *target)
{
    static char buffer[1 << 16];
    char kept[4200];
    snprintf(kept, sizeof kept, "%s/f.%s", copy, id);
    const char *from = contents == 'l' || (contents == 'm' && rand() % 2) ? live(id) : NULL;
    int in = open(from ? from : kept, O_RDONLY);
    int out = open(target, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ssize_t n;
    if (out < 0) exit(1);
    /* A name that was kept of a file that never was: an empty file. */
    while (in >= 0 && (n = read(in, buffer, sizeof buffer)) > 0) if (write(out, buffer, n) != n) exit(1);
    if (in >= 0) close(in);
    close(out);
}

static void put_folder(const char *id, const char *from, const char *target)
{
    char path[4200], entry[128], name[1024], kind;
    mode_t mode;
    mkdir(target, 0700);
    if (live_names) {
        DIR *entries = opendir(from);
        struct dirent *e;
        while (entries && (e = readdir(entries))) {
            if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
            char below[4096], there[4096];
            snprintf(below, sizeof below, "%s/%s", from, e->d_name);
            snprintf(there, sizeof there, "%s/%s", target, e->d_name);
            if (identify(AT_FDCWD, below, entry, sizeof entry, &mode)) continue;
            if (S_ISDIR(mode)) put_folder(entry, below, there);
            else put_file(entry, there);
        }
        if (entries) closedir(entries);
        return;
    }
    snprintf(path, sizeof path, "%s/d.%s", copy, id);
    FILE *entries = fopen(path, "r");
    while (entries && fscanf(entries, "%127s %c %1023[^\n]", entry, &kind, name) == 3) {
        char there[4096];
        snprintf(there, sizeof there, "%s/%s", target, name);
        if (kind == 'd') put_folder(entry, "", there);
        else put_file(entry, there);
    }
    if (entries) fclose(entries);
}

int main(int argc, char **argv)
{
    char id[128];
    mode_t mode;
    if (argc != 7 || identify(AT_FDCWD, argv[1], id, sizeof id, &mode)) return 2;
    root = argv[1];
    copy = argv[2];
    live_names = argv[4][0] == 'l';
    contents = argv[5][0];
    srand(atoi(argv[6]));
    list_live(root);
    put_folder(id, root, argv[3]);
    return 0;
}

#else

static int (*real_fsync)(int), (*real_fdatasync)(int);
static void *(*real_dlsym)(void *, const char *);
static const char *root, *copy;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void find_real(void)
{
    if (real_fdatasync) return;
    /* glibc's own versions of dlsym: before 2.34 it lived in libdl. */
    if (!real_dlsym) real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (!real_dlsym) real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    if (!real_dlsym) real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.17");
    root = getenv("POWERCUT_ROOT");
    copy = getenv("POWERCUT_COPY");
    real_fsync = real_dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = real_dlsym(RTLD_NEXT, "fdatasync");
}

static void keep_folder(int fd, const char *id)
{
    char temporary[4200], final[4200], entry[128];
    snprintf(temporary, sizeof temporary, "%s/new.%d", copy, (int)getpid());
    snprintf(final, sizeof final, "%s/d.%s", copy, id);
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again < 0 ? NULL : fdopendir(again);
    FILE *out = fopen(temporary, "we");
    if (!entries || !out) abort();
    struct dirent *e;
    mode_t mode;
    while ((e = readdir(entries)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && !identify(fd, e->d_name, entry, sizeof entry, &mode))
            fprintf(out, "%s %c %s\n", entry, S_ISDIR(mode) ? 'd' : 'f', e->d_name);
    fclose(out);
    closedir(entries);
    rename(temporary, final);
}

/* In place, and only what differs: a log that grows by a page at each commit is not copied from its start each time. */
static void keep_file(int fd, const char *id)
{
    static char now[1 << 16], before[1 << 16];
    char path[4200], self[64];
    snprintf(path, sizeof path, "%s/f.%s", copy, id);
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    int in = open(self, O_RDONLY | O_CLOEXEC);
    int out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (in < 0 || out < 0) abort();
    off_t at = 0;
    ssize_t n;
    while ((n = pread(in, now, sizeof now, at)) > 0) {
        if (pread(out, before, n, at) != n || memcmp(now, before, n)) if (pwrite(out, now, n, at) != n) abort();
        at += n;
    }
    if (ftruncate(out, at)) abort();
    close(in);
    close(out);
}

static void keep(int fd)
{
    char self[64], path[4096], id[128];
    mode_t mode;
    int saved = errno;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    ssize_t n = root && copy ? readlink(self, path, sizeof path - 1) : -1;
    if (n > 0) {
        path[n] = 0;
        size_t length = strlen(root);
        if (!strncmp(path, root, length) && (path[length] == '/' || !path[length])) {
            pthread_mutex_lock(&turn);
            if (!identify(fd, "", id, sizeof id, &mode)) {
                if (S_ISDIR(mode)) keep_folder(fd, id);
                else if (S_ISREG(mode)) keep_file(fd, id);
            }
            pthread_mutex_unlock(&turn);
        }
    }
    errno = saved;
}

static void keep_all(const char *path)
{
    char below[4096];
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) return;
    keep(fd);
    struct dirent *e;
    while ((e = readdir(entries))) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        if (e->d_type == DT_DIR) keep_all(below);
        int file = e->d_type == DT_REG ? open(below, O_RDONLY | O_CLOEXEC) : -1;
        if (file >= 0) {
            keep(file);
            close(file);
        }
    }
    closedir(entries);
}

__attribute__((constructor)) static void begin(void)
{
    find_real();
    if (root && copy) keep_all(root);
}

/* Not really flushed: that would only take time. What counts as flushed is in the copy when the call returns. */
int fsync(int fd)
{
    find_real();
    if (!root) return real_fsync(fd);
    keep(fd);
    return 0;
}

int fdatasync(int fd)
{
    find_real();
    if (!root) return real_fdatasync(fd);
    keep(fd);
    return 0;
}

/* .NET asks libc itself for what a P/Invoke names, past the order of loading. */
void *dlsym(void *library, const char *name)
{
    find_real();
    if (!strcmp(name, "fsync")) return (void *)fsync;
    if (!strcmp(name, "fdatasync")) return (void *)fdatasync;
    return real_dlsym(library, name);
}

#endif
