using System.Globalization;
using Npgsql;
using Slipway.Model;

namespace Slipway.Database;

/// <summary>Where the database is: a file of our own, or a PostgreSQL. Its text never has a password in it.</summary>
public sealed class DatabaseAddress
{
    const string Expected = "postgres://USER:PASSWORD@HOST:PORT/DATABASE, or Npgsql's form: Host=HOST;Username=USER;Password=PASSWORD;Database=DATABASE";
    const int UsualPort = 5432;

    readonly NpgsqlConnectionStringBuilder? _postgres;

    DatabaseAddress(string? path, NpgsqlConnectionStringBuilder? postgres) => (Path, _postgres) = (path, postgres);

    /// <summary>Of a SQLite file; null where it is no file.</summary>
    public string? Path { get; }

    /// <summary>More than one host: the one that takes writes is looked for.</summary>
    internal bool HasManyHosts => _postgres?.Host?.Contains(',') == true;

    public static DatabaseAddress File(string path) => new(path, null);

    /// <param name="text">postgres://user:password@host:port/database?sslmode=verify-full, or Npgsql's keywords.</param>
    /// <exception cref="InvalidInputException">It is neither; the message does not repeat what may be a password.</exception>
    public static DatabaseAddress Parse(string text)
    {
        var uri = text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal);
        try
        {
            var postgres = uri ? OfUri(text[(text.IndexOf(':') + 3)..]) : new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(postgres.Host)) throw Bad("it names no host");
            if (string.IsNullOrEmpty(postgres.Database)) throw Bad("it names no database");
            if (string.IsNullOrEmpty(postgres.Username)) throw Bad("it names no user");
            return new DatabaseAddress(null, postgres);
        }
        catch (Exception bad) when (bad is ArgumentException or FormatException or KeyNotFoundException)
        {
            // The inner message may quote the text, and the text may be a password: it is not repeated.
            throw Bad(uri ? "it is no URL of a PostgreSQL" : "it has a keyword or a value that is not known");
        }
    }

    /// <summary>Npgsql's form with what each use of it needs set over what was written.</summary>
    internal NpgsqlConnectionStringBuilder Connect(Action<NpgsqlConnectionStringBuilder> change)
    {
        var builder = new NpgsqlConnectionStringBuilder(_postgres!.ConnectionString) { Password = _postgres.Password };
        change(builder);
        return builder;
    }

    /// <summary>Whether the one who wrote the address set this Npgsql keyword.</summary>
    internal bool Says(string keyword) => _postgres!.ShouldSerialize(keyword);

    /// <summary>A path, or postgres://user@host:port/database.</summary>
    public override string ToString()
    {
        if (_postgres is null) return Path!;
        var hosts = _postgres.Host!.Split(',').Select(host => host.Contains(':') && !host.Contains(']') || host.StartsWith('/') ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{_postgres.Port}"));
        return $"postgres://{Uri.EscapeDataString(_postgres.Username!)}@{string.Join(',', hosts)}/{_postgres.Database}";
    }

    // libpq's URL (PostgreSQL documentation, "Connection URIs"): user:password@host:port,host:port/database?key=value
    static NpgsqlConnectionStringBuilder OfUri(string rest)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var question = rest.IndexOf('?');
        var query = question < 0 ? "" : rest[(question + 1)..];
        if (question >= 0) rest = rest[..question];
        var slash = rest.IndexOf('/');
        if (slash >= 0) builder.Database = Uri.UnescapeDataString(rest[(slash + 1)..]);
        var authority = slash < 0 ? rest : rest[..slash];
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var user = authority[..at];
            var colon = user.IndexOf(':');
            builder.Username = Uri.UnescapeDataString(colon < 0 ? user : user[..colon]);
            if (colon >= 0) builder.Password = Uri.UnescapeDataString(user[(colon + 1)..]);
        }
        SetHosts(builder, authority[(at + 1)..]);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries)) SetParameter(builder, pair);
        return builder;
    }

    static void SetHosts(NpgsqlConnectionStringBuilder builder, string text)
    {
        var hosts = text.Split(',').Select(Uri.UnescapeDataString).ToList();
        if (hosts is [var only])
        {
            var colon = only.EndsWith(']') ? -1 : only.LastIndexOf(':');
            builder.Host = (colon < 0 ? only : only[..colon]).Trim('[', ']');
            builder.Port = colon < 0 ? UsualPort : ushort.Parse(only.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        }
        else builder.Host = string.Join(',', hosts);
    }

    static void SetParameter(NpgsqlConnectionStringBuilder builder, string pair)
    {
        var equals = pair.IndexOf('=');
        if (equals < 0) throw new FormatException();
        var (key, value) = (Uri.UnescapeDataString(pair[..equals]), Uri.UnescapeDataString(pair[(equals + 1)..]));
        switch (key)
        {
            case "sslmode": builder.SslMode = Enum.Parse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true); break;
            case "sslrootcert": builder.RootCertificate = value; break;
            case "sslcert": builder.SslCertificate = value; break;
            case "sslkey": builder.SslKey = value; break;
            case "sslpassword": builder.SslPassword = value; break;
            case "user": builder.Username = value; break;
            case "password": builder.Password = value; break;
            case "host": builder.Host = value; break;
            case "port": builder.Port = ushort.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture); break;
            case "dbname": builder.Database = value; break;
            case "application_name": builder.ApplicationName = value; break;
            case "connect_timeout": builder.Timeout = int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture); break;
            default: throw new InvalidInputException(new Diagnostic
            {
                Message = "the address of the database has a parameter that is not known",
                Key = "database",
                Found = key,
                Expected = "sslmode, sslrootcert, sslcert, sslkey, sslpassword, user, password, host, port, dbname, application_name or connect_timeout",
            });
        }
    }

    static InvalidInputException Bad(string why) =>
        new(new Diagnostic { Message = $"the address of the database can't be used: {why}", Key = "database", Expected = Expected });
}
