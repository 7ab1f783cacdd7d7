namespace Slipway.Scenarios.Tests;

/// <summary>A folder with a small HTTP app and its Compose file, as a person would have it; its next version is one file's change away.</summary>
public sealed class TestApp : IDisposable
{
    public TestApp(string strategy, int replicas = 1, string extra = "")
    {
        Name = $"s{Guid.NewGuid().ToString("N")[..8]}";
        Folder = Path.Combine(Path.GetTempPath(), "slipway-scenarios", Name);
        Directory.CreateDirectory(Folder);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "App")))
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
        Compose = $$"""
            services:
              web:
                build: .
                expose: ["5000"]
                deploy: {replicas: {{replicas}}}
                x-release:
                  strategy: {{strategy}}
                  port: 5000
                  ready: {http: /up, every: 200ms, within: 60s}
                  drain: {requests: 10s}
            {{extra}}
            """;
        Become("1");
    }

    public string Name { get; }

    public string Folder { get; }

    public string Host => $"web.{Name}.localhost";

    public string Compose
    {
        set => File.WriteAllText(Path.Combine(Folder, "compose.yaml"), value);
    }

    /// <summary>Adds keys to the service's x-release.</summary>
    public TestApp With(params string[] keys)
    {
        const string Port = "      port: 5000";
        Compose = File.ReadAllText(Path.Combine(Folder, "compose.yaml")).Replace(Port, string.Join("\n      ", [Port, .. keys]), StringComparison.Ordinal);
        return this;
    }

    /// <param name="ready">yes; never: /up answers 503 for ever; crash: it ends at once; sick: it is ready and answers 500; rude: it is ready, and when it is told to stop it does not end what it has begun.</param>
    public TestApp Become(string version, string ready = "yes")
    {
        File.WriteAllText(Path.Combine(Folder, "version"), version);
        File.WriteAllText(Path.Combine(Folder, "ready"), ready);
        return this;
    }

    /// <summary>The scenario is over.</summary>
    public bool IsGone { get; private set; }

    public void Dispose()
    {
        IsGone = true;
        Directory.Delete(Folder, recursive: true);
    }
}
