using System.Diagnostics;
using System.Globalization;

namespace Slipway.Registry.Tests.Crashes;

/// <summary>Cuts the power of a killed registry: of its folder, only what it had flushed is left. See powercut.c.</summary>
sealed class PowerCut : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-power-").FullName;
    readonly string _data;

    public PowerCut(string data)
    {
        _data = data;
        var source = Path.Combine(AppContext.BaseDirectory, "Crashes", "powercut.c");
        Run("gcc", "-O2", "-shared", "-fPIC", "-o", Library, source, "-ldl");
        Run("gcc", "-O2", "-DRESTORE", "-o", Restore, source);
        Directory.CreateDirectory(Copy);
    }

    /// <summary>For the environment of the process that will be cut.</summary>
    public (string Name, string Value)[] Environment => [("LD_PRELOAD", Library), ("POWERCUT_ROOT", _data), ("POWERCUT_COPY", Copy)];

    string Library => Path.Combine(_folder, "powercut.so");

    string Restore => Path.Combine(_folder, "powercut");

    string Copy => Path.Combine(_folder, "copy");

    /// <summary>Leaves of the data folder what a power cut would have left: a choice of what the disk may have got to, beside what it had to.</summary>
    public string Cut(Random random)
    {
        var names = random.Next(3) == 0 ? "live" : "kept";
        var contents = names == "live" ? "kept" : random.Next(4) switch { 0 => "live", 1 => "mixed", _ => "kept" };
        var seed = random.Next();
        var left = _data + ".left";
        Run(Restore, _data, Copy, left, names, contents, seed.ToString(CultureInfo.InvariantCulture));
        Directory.Delete(_data, recursive: true);
        Directory.Move(left, _data);
        Directory.Delete(Copy, recursive: true);
        Directory.CreateDirectory(Copy);
        return $"names {names}, contents {contents}";
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, errors);
    }
}
