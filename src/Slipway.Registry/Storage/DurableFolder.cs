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
    const int NotThere = 2;
    const int OtherFileSystem = 18;
    const int InvalidArgument = 22;
    const int ReadOnlyFileSystem = 30;

    /// <summary>
    /// Makes the folder and its missing parents, for this user only, each flushed into its parent. Flushes also what is there already: a process
    /// may have been killed between making a folder and flushing it.
    /// </summary>
    public static void Create(string path)
    {
        var parent = Path.GetDirectoryName(path);
        if (parent is null) return;
        if (!Directory.Exists(path))
        {
            if (!Directory.Exists(parent)) Create(parent);
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        for (var above = parent; above is not null && TryFlush(above); above = Path.GetDirectoryName(above))
        {
        }
    }

    /// <summary>
    /// rename(2): the new name shows the old file or the new one, never neither and never a part. (File.Move copies where the two are on different
    /// file systems, and then a half-written file is to be seen.)
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file, or no such folder.</exception>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Rename(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            File.Move(from, to, overwrite: true);
            return;
        }
        if (RenameFile(from, to) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        throw error switch
        {
            NotThere => new FileNotFoundException($"rename of '{from}' to '{to}' failed: {Marshal.GetPInvokeErrorMessage(error)}", from),
            OtherFileSystem => new IOException($"'{from}' and '{to}' are on different file systems: the registry's folder must be on one, or what is pushed could be seen half-written", error),
            _ => new IOException($"rename of '{from}' to '{to}' failed: {Marshal.GetPInvokeErrorMessage(error)}", error),
        };
    }

    /// <summary>Returns when the folder's entries are on disk.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Flush(string path)
    {
        if (!TryFlush(path)) throw new IOException($"open of folder '{path}' failed: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());
    }

    /// <summary>False where the folder can't be opened: above the registry's own, others say who may.</summary>
    static bool TryFlush(string path)
    {
        // NTFS journals its folders; there is nothing to flush.
        if (OperatingSystem.IsWindows()) return true;
        var descriptor = Open(path, ReadOnly | (OperatingSystem.IsLinux() ? CloseOnExec : 0));
        if (descriptor < 0) return false;
        try
        {
            // EINVAL, EROFS: a file system that does not flush folders, or one that has nothing to flush.
            if (FileSync(descriptor) != 0 && Marshal.GetLastPInvokeError() is not (InvalidArgument or ReadOnlyFileSystem) and var error)
                throw new IOException($"fsync of folder '{path}' failed: {Marshal.GetPInvokeErrorMessage(error)}", error);
            return true;
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameFile(string from, string to);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
