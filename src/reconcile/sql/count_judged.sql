SELECT verdict, count(*), sum(bytes) FROM penstock_judged WHERE verdict IN (:counted) GROUP BY verdict
