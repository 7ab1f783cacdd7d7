using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Slipway.Registry.Storage;

/// <summary>
/// Folders whose entries survive a power cut. A renamed file is durable only when the folder that it was renamed into was flushed,
/// and .NET can't open a folder: hence open(2) and fsync(2).
/// </summary>
static partial class DurableFolder
{
    const int ReadOnly = 0;
    const int CloseOnExec = 0x80000;

    /// <summary>Makes the folder and its missing parents, for this user only, each flushed into its parent.</summary>
    public static void Create(string path)
    {
        if (Directory.Exists(path)) return;
        var parent = Path.GetDirectoryName(path);
        if (parent is not null) Create(parent);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (parent is not null) Flush(parent);
    }

    /// <summary>Returns when the folder's entries are on disk.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Flush(string path)
    {
        // NTFS journals its folders; there is nothing to flush.
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(path, ReadOnly | (OperatingSystem.IsLinux() ? CloseOnExec : 0));
        if (descriptor < 0) throw Failure("open", path);
        try
        {
            if (FileSync(descriptor) != 0) throw Failure("fsync", path);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    static IOException Failure(string call, string path)
    {
        var error = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{call} of folder '{path}' failed: {error.Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
