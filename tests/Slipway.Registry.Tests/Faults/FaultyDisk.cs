using System.Diagnostics;

namespace Slipway.Registry.Tests.Faults;

/// <summary>A small file system of its own, so that a disk can really be full or broken. Needs root.</summary>
sealed class FaultyDisk : IDisposable
{
    readonly string _mount = Directory.CreateTempSubdirectory("slipway-disk-").FullName;
    readonly string? _image;

    FaultyDisk(string? image) => _image = image;

    /// <summary>In memory; "no space left" comes at exactly its size.</summary>
    public static FaultyDisk InMemory(int megabytes)
    {
        SkipWhereNoneCanBeMounted();
        var disk = new FaultyDisk(null);
        Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0700", "tmpfs", disk._mount);
        return disk;
    }

    /// <summary>An ext4 of its own in a file, which <see cref="Break"/> can make read-only as a broken disk does.</summary>
    public static FaultyDisk Ext4(int megabytes)
    {
        SkipWhereNoneCanBeMounted();
        var image = Path.GetTempFileName();
        using (var file = File.OpenWrite(image)) file.SetLength((long)megabytes << 20);
        Run("mkfs.ext4", "-q", "-F", image);
        var disk = new FaultyDisk(image);
        try
        {
            Run("mount", "-o", "loop", image, disk._mount);
        }
        catch (InvalidOperationException error)
        {
            disk.Dispose();
            Assert.Skip($"no loop device: {error.Message}");
        }
        return disk;
    }

    public string Folder => Path.Combine(_mount, "data");

    /// <summary>Takes all but so many bytes.</summary>
    public void Fill(long left)
    {
        using var file = File.OpenWrite(Path.Combine(_mount, "filler"));
        file.Seek(0, SeekOrigin.End);
        var block = new byte[4096];
        while (new DriveInfo(_mount).AvailableFreeSpace - left >= block.Length) file.Write(block);
        file.Flush();
    }

    public void Empty() => File.Delete(Path.Combine(_mount, "filler"));

    /// <summary>As the kernel does on an error of the disk (ext4's "errors=remount-ro").</summary>
    public void Break() => Run("mount", "-o", "remount,abort", _mount);

    /// <summary>Checks it and mounts it again, as after a reboot.</summary>
    public void Repair()
    {
        Run("umount", _mount);
        // 1: errors were corrected.
        Run("e2fsck", [0, 1], "-p", _image!);
        Run("mount", "-o", "loop", _image!, _mount);
    }

    public void Dispose()
    {
        Run("umount", [0, 32], "-l", _mount);
        Directory.Delete(_mount);
        if (_image is not null) File.Delete(_image);
    }

    static void SkipWhereNoneCanBeMounted() => Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting a file system needs Linux and root");

    static void Run(string program, params string[] arguments) => Run(program, [0], arguments);

    static void Run(string program, int[] expected, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (!expected.Contains(process.ExitCode)) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}: {output}");
    }
}
