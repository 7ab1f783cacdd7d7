namespace Slipway.Releases.Compose;

/// <summary>Container ports whose usual owner does not speak HTTP: publishing one does not make a service routed.</summary>
static class WellKnownPorts
{
    static readonly HashSet<int> NotHttp =
    [
        21, 22, 23, 25, 53, 110, 111, 119, 123, 137, 138, 139, 143, 161, 179, 194, 389, 445, 465, 514, 515, 554, 587, 636, 853, 873, 989, 990, 993, 995,
        1194, 1433, 1434, 1521, 1723, 1883, 2049, 2181, 2222, 3306, 3389, 4222, 4369, 5060, 5222, 5269, 5432, 5433, 5671, 5672, 5900, 6379, 6380, 6432,
        6667, 7687, 8883, 9042, 9092, 9160, 11211, 11300, 22122, 25565, 26257, 26379, 27017, 27018, 27019, 28015, 33060, 61613, 61616,
    ];

    public static bool AreNotHttp(int port) => NotHttp.Contains(port);
}
