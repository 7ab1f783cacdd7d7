using System.Formats.Tar;
using System.Text;

namespace Slipway.Releases.Tests.Sites;

/// <summary>A tar archive, as an engine gives it of an image's folder, good or evil.</summary>
sealed class Archive : IDisposable
{
    readonly MemoryStream _bytes = new();
    readonly TarWriter _writer;

    public Archive() => _writer = new TarWriter(_bytes, TarEntryFormat.Pax, leaveOpen: true);

    public static byte[] Of(params (string Name, string Content)[] files)
    {
        using var archive = new Archive();
        archive.Folder("./");
        foreach (var (name, content) in files) archive.File(name, content);
        return archive.Bytes();
    }

    public Archive File(string name, string content) => Add(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), ModificationTime = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000) });

    public Archive Folder(string name) => Add(new PaxTarEntry(TarEntryType.Directory, name));

    public Archive Link(string name, string target) => Add(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target });

    public Archive HardLink(string name, string target) => Add(new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = target });

    public Archive Device(string name) => Add(new PaxTarEntry(TarEntryType.CharacterDevice, name) { DeviceMajor = 1, DeviceMinor = 3 });

    public Archive Pipe(string name) => Add(new PaxTarEntry(TarEntryType.Fifo, name));

    public byte[] Bytes()
    {
        _writer.Dispose();
        return _bytes.ToArray();
    }

    public void Dispose()
    {
        _writer.Dispose();
        _bytes.Dispose();
    }

    Archive Add(TarEntry entry)
    {
        _writer.WriteEntry(entry);
        return this;
    }
}
