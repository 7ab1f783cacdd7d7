namespace Slipway.Gateway.Logging;

/// <summary>A file that is appended to. Past its size it becomes NAME.1, what was that NAME.2, and so on; the oldest goes. Used by one thread.</summary>
/// <param name="path">Its folder is made where it is missing.</param>
/// <param name="size">Bytes from which on a new file is begun.</param>
/// <param name="keep">How many old ones stay.</param>
sealed class RotatingFile(string path, long size, int keep) : IDisposable
{
    FileStream? _file;

    public string Path => path;

    /// <exception cref="IOException">It can't be written; the next call tries again.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            // Somebody who moves or removes the file (logrotate) gets a new one.
            if (_file is not null && !File.Exists(path)) Close();
            _file ??= Open();
            if (_file.CanSeek && _file.Length >= size) Rotate();
            _file ??= Open();
            _file.Write(bytes);
            _file.Flush();
        }
        catch
        {
            Close();
            throw;
        }
    }

    public void Dispose() => Close();

    void Rotate()
    {
        Close();
        for (var i = keep; i > 0; i--)
        {
            var from = i == 1 ? path : $"{path}.{i - 1}";
            if (File.Exists(from)) File.Move(from, $"{path}.{i}", overwrite: true);
        }
        if (keep == 0) File.Delete(path);
    }

    /// <summary>Readable by the owner and his group: it says who asked for what.</summary>
    FileStream Open()
    {
        if (System.IO.Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        return new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
        });
    }

    void Close()
    {
        _file?.Dispose();
        _file = null;
    }
}
