using System.Diagnostics;

namespace Slipway.Pipelines.Images.Bases;

/// <summary>
/// Makes Debian's root filesystem with mmdebstrap, as Docker's official image is made: variant minbase, from packages that Debian signed.
/// Programs get argument lists, never a shell.
/// </summary>
internal sealed class Mmdebstrap(ImageOptions options)
{
    const string Keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

    /// <summary>What Docker's -slim images leave out.</summary>
    static readonly string[] SlimOptions =
    [
        "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/info/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=path-exclude=/usr/share/lintian/*", "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    ];

    /// <summary>Makes the suite and gives its tar to <paramref name="use"/>; nothing is left behind.</summary>
    /// <exception cref="BaseImageException">mmdebstrap or Debian's keyring is missing, or it failed: its last lines.</exception>
    public async Task<T> Make<T>(DebianSuite suite, Action<string> say, Func<FileStream, Task<T>> use, CancellationToken cancel)
    {
        await RequirePrograms(say, cancel);
        var scratch = Directory.CreateTempSubdirectory("slipway-debian-");
        try
        {
            // apt downloads as its own user, who must be able to reach the folder.
            if (!OperatingSystem.IsWindows()) scratch.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
            var tar = Path.Combine(scratch.FullName, "root.tar");
            await Run("mmdebstrap", Arguments(suite, tar), scratch.FullName, cancel);
            // Only a finished tar is imported: half of one would become an image that looks whole.
            await using var file = new FileStream(tar, FileMode.Open, FileAccess.Read, FileShare.Read, 1, useAsync: true);
            return await use(file);
        }
        finally
        {
            Remove(scratch);
        }
    }

    IEnumerable<string> Arguments(DebianSuite suite, string tar)
    {
        var mirror = options.DebianMirror is { } given ? new DebianMirror(given, null) : DebianMirror.OfThisMachine("/etc/apt");
        return
        [
            "--variant=minbase", Environment.IsPrivilegedProcess ? "--mode=root" : "--mode=auto", "--format=tar",
            // Packages that were fetched would stay in every image built on this one.
            "--aptopt=DPkg::Post-Invoke { \"rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb || true\"; };",
            // apt's own three tries are over after seven seconds, which a name server that restarts takes; six last about a minute.
            "--aptopt=Acquire::Retries \"6\";",
            .. suite.Slim ? SlimOptions : [],
            suite.Name, tar, .. mirror.Sources(suite, Keyring),
        ];
    }

    async Task RequirePrograms(Action<string> say, CancellationToken cancel)
    {
        var missing = new List<string>();
        if (!IsProgram("mmdebstrap")) missing.Add("mmdebstrap");
        if (!File.Exists(Keyring)) missing.Add("debian-archive-keyring");
        if (missing.Count == 0) return;

        var command = $"apt-get install {string.Join(' ', missing)}";
        if (!options.InstallMissing || !Environment.IsPrivilegedProcess || !IsProgram("apt-get"))
            throw new BaseImageException($"making it takes {string.Join(" and ", missing)}, which this machine does not have: run '{command}'");
        say($"Installing {string.Join(" and ", missing)}, which making a Debian base image takes.");
        string[] install = ["-qq", "-y", "--no-install-recommends", "install", .. missing];
        try
        {
            await Run("apt-get", install, null, cancel);
        }
        catch (BaseImageException)
        {
            // A fresh machine has no package lists yet.
            await Run("apt-get", ["-qq", "update"], null, cancel);
            await Run("apt-get", install, null, cancel);
        }
    }

    static bool IsProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, name)));

    static async Task Run(string program, IEnumerable<string> arguments, string? scratch, CancellationToken cancel)
    {
        const int KeptLines = 8;
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        if (scratch is not null) start.Environment["TMPDIR"] = scratch;
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start) ?? throw new BaseImageException($"{program} could not be started");
        process.StandardInput.Close();
        var last = new Queue<string>();
        void Keep(string? line)
        {
            if (string.IsNullOrWhiteSpace(line)) return;
            lock (last)
            {
                if (last.Count == KeptLines) last.Dequeue();
                last.Enqueue(line.Trim());
            }
        }
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
        if (process.ExitCode == 0) return;
        var root = Environment.IsPrivilegedProcess ? "" : ", run by a user who is not root";
        throw new BaseImageException($"{program} failed with exit code {process.ExitCode}{root}:{Environment.NewLine}{string.Join(Environment.NewLine, last.Select(line => "  " + line))}");
    }

    static void Remove(DirectoryInfo scratch)
    {
        try
        {
            scratch.Delete(recursive: true);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // A user namespace may leave files that belong to others; they are in the folder for temporary files, whose cleaner may remove them.
        }
    }
}

/// <summary>One way to a base image did not lead to it; the message is a clause for people, the next way is tried.</summary>
internal sealed class BaseImageException(string message, Exception? inner = null) : Exception(message, inner);
