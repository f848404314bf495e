/*
 * What the channels are compared with: a "hello" file system of libfuse 3, multi-threaded, with direct I/O and nothing
 * else to do. It has its one file as /hello and at the depth of a remote processor's `state`, behind a link as there.
 */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fuse.h>
#include <string.h>
#include <sys/stat.h>

#define DEVICE "/devices/mips-rproc/remoteproc/remoteproc0"

static const char content[] = "offline\n";
static const char *const directories[] = { "/", "/class", "/class/remoteproc", "/devices", "/devices/mips-rproc",
					   "/devices/mips-rproc/remoteproc", DEVICE };

static int attributes(const char *path, struct stat *out, struct fuse_file_info *file)
{
	(void)file;
	memset(out, 0, sizeof *out);
	out->st_nlink = 1;
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		if (!strcmp(path, directories[i])) {
			out->st_mode = S_IFDIR | 0755;
			return 0;
		}
	if (!strcmp(path, "/class/remoteproc/remoteproc0")) {
		out->st_mode = S_IFLNK | 0777;
		return 0;
	}
	if (strcmp(path, "/hello") && strcmp(path, DEVICE "/state"))
		return -ENOENT;
	out->st_mode = S_IFREG | 0644;
	out->st_size = 4096;
	return 0;
}

static int follow(const char *path, char *out, size_t room)
{
	(void)path;
	strncpy(out, "../.." DEVICE, room);
	return 0;
}

static int opened(const char *path, struct fuse_file_info *file)
{
	(void)path;
	file->direct_io = 1;
	return 0;
}

static int taken(const char *path, char *out, size_t size, off_t offset, struct fuse_file_info *file)
{
	(void)path, (void)file;
	if (offset >= (off_t)strlen(content))
		return 0;
	size_t rest = strlen(content) - offset;
	size = size < rest ? size : rest;
	memcpy(out, content + offset, size);
	return size;
}

static int given(const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *file)
{
	(void)path, (void)data, (void)offset, (void)file;
	return size;
}

static const struct fuse_operations hello = {
	.getattr = attributes, .readlink = follow, .open = opened, .read = taken, .write = given,
};

int main(int argc, char **argv)
{
	return fuse_main(argc, argv, &hello, NULL);
}
