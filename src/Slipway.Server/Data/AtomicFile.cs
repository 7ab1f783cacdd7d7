using System.Text;

namespace Slipway.Server.Data;

/// <summary>A small file that is there whole or not at all: written beside its place with mode 0600, flushed to the disk, then renamed.</summary>
static class AtomicFile
{
    public static void Write(string path, string text)
    {
        var next = path + ".new";
        // What a crash left over is removed, so that the file is always made by this process with this mode (O_EXCL).
        File.Delete(next);
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(next, path, overwrite: true);
    }
}
